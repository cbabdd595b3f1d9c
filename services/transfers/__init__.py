"""Transfers: uploads, downloads and copies that outlive whoever started them.

For the console and the command line (nothing here imports pyarrow):
    queue.TransferQueue      the queue's file: `items`, `item`, `parts`, `plan`, `log`, `rejects`, `history`,
                             `settings`, `runner`, `version`, `changes(since)`; `add`, `pause`, `resume`, `cancel`,
                             `retry`, `rerun`, `purge`, `move`, `set_priority`, `set_parallel`,
                             `set_bandwidth`, `change_settings`
    model                    Item, Part, ItemState, Phase, PartState, TransferOptions, Failure, RejectedRow, LogLine
    item_rows.item_data      an item as JSON data, the same for scripts and hooks
    adding.prepared          addresses and options checked before they are queued: profiles, read-only, absolute paths
    preview.preview          the plan before anything is queued, made in a process of its own
    keeping.RunnerKeeper     keeps a runner at work for whoever waits, and says why none can be
    starting.ensure_runner   starts a detached runner unless one works; `starting.is_running`, `starting.end_runners`
    runner                   `python -m services.transfers.runner`

Behind them: `ledger` (what a runner writes down), `scheduler` and `settling` (what is next, what an end means), `tasks`
with `local_engine` and `dask_engine` (where steps are done), `worker`, `ops`, `part_run`, `casting` (what is done).
Files as sources and targets are in `formats`; to all of this a file is a store like any other.
"""
