"""mscode.yaml: settings, environments, variables and guards."""
