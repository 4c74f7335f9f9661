"""Plugins: their hooks, their discovery, and the registry of everything that they offer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycaffe_py.lazy import lazy_names

if TYPE_CHECKING:
    from .catalog import Catalog as Catalog
    from .conditions import Only as Only
    from .describing import (
        describe_message as describe_message,
        describe_type as describe_type,
        first_sentence as first_sentence,
        list_types as list_types,
        plain_doc as plain_doc,
    )
    from .discovery import Plugin as Plugin
    from .extending import with_plugins as with_plugins
    from .groups import LAYER_GROUPS as LAYER_GROUPS, layer_group as layer_group
    from .hookspecs import hookimpl as hookimpl, hookspec as hookspec
    from .kinds import KINDS as KINDS, singular as singular
    from .offers import HOOKS as HOOKS
    from .ranges import Ranges as Ranges, check_ranges as check_ranges
    from .registry import (
        ALLOW_LIST_VARIABLE as ALLOW_LIST_VARIABLE,
        Registry as Registry,
        default_registry as default_registry,
        load_registry as load_registry,
        use_plugins as use_plugins,
    )
    from .templates import TEMPLATE_KINDS as TEMPLATE_KINDS, Template as Template
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        catalog="Catalog",
        conditions="Only",
        describing="describe_message describe_type first_sentence list_types plain_doc",
        discovery="Plugin",
        extending="with_plugins",
        groups="LAYER_GROUPS layer_group",
        hookspecs="hookimpl hookspec",
        kinds="KINDS singular",
        offers="HOOKS",
        ranges="Ranges check_ranges",
        registry="ALLOW_LIST_VARIABLE Registry default_registry load_registry use_plugins",
        templates="TEMPLATE_KINDS Template",
    )
