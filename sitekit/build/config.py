"""Where MkDocs' configuration holds the guide of a build, for all that has the configuration."""

from __future__ import annotations

from mkdocs.config.defaults import MkDocsConfig

from ..read.guide import Guide

EXTENSION = "sitekit.build.page"


def give(config: MkDocsConfig, guide: Guide) -> None:
    """Let the Markdown extension, and whoever asks, have this guide."""
    config.mdx_configs[EXTENSION] = {"guide": guide, "directory_urls": config.use_directory_urls}


def guide_of(config: MkDocsConfig) -> Guide:
    """The guide of this build; it is read once, when MkDocs looks for its files."""
    return config.mdx_configs[EXTENSION]["guide"]


def tell_page(config: MkDocsConfig, path: str) -> None:
    """Let the Markdown extension know which page it converts next."""
    config.mdx_configs[EXTENSION]["path"] = path
