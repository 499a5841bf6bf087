"""Links to other hosts tell those hosts nothing of the page that they are opened from."""

import re

from markdown.postprocessors import Postprocessor

ELSEWHERE = re.compile(r'<a (?![^>]*\brel=)(?=[^>]*\bhref="https?://)')


class Outside(Postprocessor):
    """Mark each link to another host, whoever made it."""

    def run(self, text: str) -> str:
        return ELSEWHERE.sub('<a rel="noopener" ', text)
