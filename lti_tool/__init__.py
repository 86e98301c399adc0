"""The Passerelle: an LTI 1.3 Advantage tool that brings Pix campaigns into a school's ENT or LMS."""
