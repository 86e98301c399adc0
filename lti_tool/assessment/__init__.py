"""The tool's own assessment: what is asked, what each answer shows, and what each child is known to know."""
