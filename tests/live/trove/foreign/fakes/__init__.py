"""What Trove reaches outside itself, faked in its own process: Nova, Cinder, Neutron, Glance, Swift and the guests.

Trove loads each by the dotted path of its `remote_*_client` setting. Names of instances choose what goes wrong:

- `...SERVER_ERROR`: Nova cannot boot the server, the instance ends in ERROR with a fault;
- `...GUEST_ERROR`: the database does not start, the instance ends in ERROR with a fault;
- `...NEVER_READY`: the guest never reports, the instance stays in BUILD;
- `...GOES_SILENT`: once its database is stopped, the guest has been silent for an hour: a dead replication source.

A backup whose name ends in `BACKUP_ERROR` fails.
"""
