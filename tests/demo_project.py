"""A project file with two environments: the embedded emulator, and one that needs a token and a network."""

PROJECT = """\
apiVersion: mscode/v1
project: demo
timezone: Europe/Helsinki
defaultEnvironment: sandbox
environments:
  sandbox: {url: "sandbox:"}
  production: {url: "https://api.example.com/v1", token: {env: DEMO_TOKEN}, windowZone: Europe/Helsinki}
checks: {manifest/unused: off}
"""
