"""Projects: folders of plain files with a model, a solver and their runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycaffe_py.lazy import lazy_names

if TYPE_CHECKING:
    from .cards import project_card as project_card
    from .choosing import Choice as Choice, choose as choose, offered_lines as offered_lines
    from .creating import create_project as create_project
    from .faults import ProjectError as ProjectError
    from .fitting import templates as templates
    from .gym_settings import full_path as full_path
    from .listing import (
        Listed as Listed,
        find_project as find_project,
        list_projects as list_projects,
    )
    from .names import check_name as check_name
    from .project import Project as Project, open_project as open_project
    from .sketches import preview as preview
    from .template_catalog import Templates as Templates
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        cards="project_card",
        choosing="Choice choose offered_lines",
        creating="create_project",
        faults="ProjectError",
        gym_settings="full_path",
        listing="Listed find_project list_projects",
        names="check_name",
        project="Project open_project",
        sketches="preview",
        fitting="templates",
        template_catalog="Templates",
    )
