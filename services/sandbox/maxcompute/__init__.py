"""A MaxCompute project on loopback: metadata, SQL jobs and tunnels, as the vendor's SDKs speak to them."""
