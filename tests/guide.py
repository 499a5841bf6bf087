"""The guide that is tested, for the tests that are collected from it."""

from pathlib import Path

from sitekit.read.guide import Guide

ROOT = Path(__file__).resolve().parents[1]
GUIDE = Guide(ROOT)
