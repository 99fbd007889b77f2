"""GitHub and GitLab: comments on pull requests, and the job that runs."""
