"""The stores: one folder a system, the only places where its SDK is imported."""
