"""Jobs, which the service calls instances: submitted, watched, cancelled, read."""
