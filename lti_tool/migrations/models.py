"""Every room's models, so that `Base.metadata` is complete."""

import lti_tool.assessment.models
import lti_tool.campaigns.models
import lti_tool.grades.models
import lti_tool.jobs
import lti_tool.lti.models
import lti_tool.schools.models  # noqa: F401
