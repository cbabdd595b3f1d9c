"""OpenStack on loopback: sign-in (keystone), databases (trove) and the objects they keep (swift)."""
