"""The tunnels of the sandbox: bulk uploads and downloads with the service's own framings.

| session | operations, as faults and counters name them |
| --- | --- |
| upload | CreateUpload, GetUpload, UploadBlock, CommitUpload |
| download | CreateDownload, GetDownload, ReadRows |
| result of a job | CreateInstanceDownload, GetInstanceDownload, ReadInstanceRows |
| stream | CreateStream, GetStream, WriteStream, AbortStream |
| upsert | CreateUpsert, GetUpsert, WriteUpsert, CommitUpsert, AbortUpsert |
| volume | CreateVolumeUpload, GetVolumeUpload, UploadVolumeFile, CommitVolumeUpload, CreateVolumeDownload, |
| | GetVolumeDownload, DownloadVolumeFile; WriteVolumeFile, CommitVolumeFile, ReadVolumeFile |
| none | TunnelEndpoint, Preview |

Beside them, without a signature: `GET /sandbox/figures` tells the counters, `POST /sandbox/clock?advance=SECONDS` lets
sessions grow old, `POST` and `GET /sandbox/bytes` move bare bytes for benchmarks to compare with.
"""

from services.sandbox.maxcompute.tunnel import (
    bare,
    discovery,
    downloads,
    figures,
    instances,
    previews,
    streams,
    uploads,
    upserts,
    volume_files,
    volumes,
)

_PARTS = (bare, figures, discovery, uploads, downloads, instances, streams, upserts, previews, volumes, volume_files)
ROUTES = [route for part in _PARTS for route in part.ROUTES]
