"""Loads what the commands of a fleet need in a project's process.

The fork server imports this module once, and every process that it forks has all of it. Nothing here reads a project or keeps
anything of one.
"""

from __future__ import annotations

import mscode.api.client
import mscode.app.apply
import mscode.app.plan
import mscode.app.plan_file
import mscode.app.plan_inputs
import mscode.app.saved_plan
import mscode.app.validate
import mscode.app.validation_report
import mscode.engine.apply.run
import mscode.engine.apply.steps
import mscode.engine.session
import mscode.http.transport
import mscode.manifest.load.loader
import mscode.manifest.project.file
import mscode.plan.guards.min_chance
import mscode.state.store
import mscode.views.plan.plan_json
import mscode.views.plan.plan_text
import mscode.views.plan.saved_shape  # noqa: F401
