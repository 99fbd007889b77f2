"""The live account as manifests that a person would have written (contract §3, `mscode export`)."""
