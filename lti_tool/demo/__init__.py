"""The demo ENT: a small, real LTI 1.3 Advantage platform to try the tool against."""
