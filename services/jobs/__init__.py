"""Work in the background: jobs with a state, progress and a way to stop them."""
