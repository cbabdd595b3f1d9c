"""MaxCompute: its catalogue, its SQL jobs, and its rows through tunnels."""
