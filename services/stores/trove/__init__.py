"""OpenStack Trove: database servers as a service, asked over its REST interface."""
