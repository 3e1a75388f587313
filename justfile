# Everything CI runs.
ci:
    scripts/test

# The queue against the wire.
bench:
    cargo bench --bench queue
