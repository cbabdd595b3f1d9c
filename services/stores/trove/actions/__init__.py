"""Everything that can be done: one `Deed` an action, with its fields, its state and the request it sends."""
