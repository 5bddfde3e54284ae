"""The pipelines: one module per command, from what is read to what there is to say."""
