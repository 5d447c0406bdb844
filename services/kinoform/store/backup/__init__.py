"""Backups of the job store and of the blobs that it refers to, made beside everything that runs.

A backup is a folder, or any fsspec URL:

    blobs/ab/cd/abcd…                     blobs under the name of their SHA-256, shared by all dumps
    dumps/20260131T170500.000000Z/
        jobs.jsonl.gz, …                  rows of each table, as JSON, one a line
        manifest.json                     what was dumped, and digests; written last: no dump without it

Dumps are not bound to a database: one of SQLite is restored into PostgreSQL, or the other way round. Not in it: signing
keys, the engine's and Ray's tokens, logs, weights, and uploads that had not ended. It holds prompts and outputs in the
clear, and of API keys the digests.
"""
