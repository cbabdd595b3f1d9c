"""The tunnels of the sandbox: bulk uploads and downloads with the service's own framings."""
