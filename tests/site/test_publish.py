"""The steps that publish the site, taken here in order, into a repository on this disk."""

import re
import subprocess
import threading
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
import yaml

from sitekit import preview
from tests.guide import ROOT

FILES = {"index.html": "<h1>Start</h1>", "404.html": "<h1>Not here</h1>", "_a/.b": "kept",
         "shapes/view/index.html": "<h1>view</h1>"}
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def git(*arguments, **options):
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True,
                          **options).stdout


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """Return a repository with a built site, which its .gitignore names."""
    (tmp_path / ".gitignore").write_text("site/\n")
    (tmp_path / ".ci").symlink_to(ROOT / ".ci")
    for name, text in FILES.items():
        file = tmp_path / "site" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    git("init", "-q", cwd=tmp_path)
    git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "Begin",
        cwd=tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_is_published_is_the_built_site_in_one_commit(checkout):
    for text in ("<h1>Start</h1>", "<h1>Again</h1>"):
        (checkout / "site/index.html").write_text(text)
        preview.publish(checkout / "site", checkout / "pages.git", checkout / "published")
    found = {str(file.relative_to(checkout / "published")): file.read_text()
             for file in (checkout / "published").rglob("*") if file.is_file()}
    assert found == FILES | {"index.html": "<h1>Again</h1>", ".nojekyll": ""}
    assert git("--git-dir", "pages.git", "rev-list", "--count", "gh-pages").strip() == "1"
    assert git("status", "--porcelain", "--untracked-files=no") == ""


def test_a_folder_that_is_no_site_is_not_published(checkout):
    (checkout / "site/index.html").unlink()
    result = subprocess.run([".ci/publish", "site", "pages.git"], capture_output=True, text=True)
    assert result.returncode == 2
    assert "there is no built site" in result.stderr


def test_the_token_is_given_to_git_and_written_nowhere():
    script = (ROOT / ".ci/publish").read_text()
    helper = re.search(r"credential\.helper='(.+)'", script)[1]
    for token, answer in (("secret", "password=secret"), ("", "")):
        said = subprocess.run(
            ["git", "-c", "credential.helper=", "-c", f"credential.helper={helper}", "credential",
             "fill"], input="protocol=https\nhost=example.org\n\n", capture_output=True, text=True,
            env={"PATH": "/usr/bin:/bin", "GH_TOKEN": token, "GIT_TERMINAL_PROMPT": "0"})
        assert answer in said.stdout
        assert bool(said.returncode) != bool(token)
    assert "config --" not in script


@pytest.fixture
def served(checkout):
    """Return a function that asks the previewed site for an address."""
    preview.publish(checkout / "site", checkout / "pages.git", checkout / "published")
    with preview.server(checkout / "published", "https://ada.github.io/guide/", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()

        def ask(path):
            try:
                with urlopen(f"http://127.0.0.1:{server.server_port}{path}") as answer:
                    return answer.status, answer.read().decode()
            except HTTPError as error:
                return error.code, error.read().decode()

        yield ask
        server.shutdown()


@pytest.mark.parametrize(("path", "answer"), [
    ("/guide/", (200, "<h1>Start</h1>")), ("/guide/shapes/view/", (200, "<h1>view</h1>")),
    ("/guide/gone/", (404, "<h1>Not here</h1>")), ("/", (404, "<h1>Not here</h1>")),
    ("/shapes/view/", (404, "<h1>Not here</h1>"))])
def test_the_preview_stands_at_the_path_that_the_site_will_have(served, path, answer):
    assert served(path) == answer


def steps_of(text):
    """The workflow, and each step of its jobs."""
    workflow = yaml.safe_load(text)
    return workflow, [(job, step) for job in workflow["jobs"].values() for step in job["steps"]]


def careless(text: str) -> list[str]:
    """What a workflow leaves open, as far as a reader sees; `make lint` asks zizmor, too."""
    workflow, steps = steps_of(text)
    found = [] if workflow.get("permissions") == {"contents": "read"} else ["permissions"]
    found += [] if "concurrency" in workflow else ["concurrency"]
    found += ["timeout" for job in workflow["jobs"].values() if "timeout-minutes" not in job]
    found += [line.strip() for line in text.splitlines() if "uses:" in line
              and not re.search(r"uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line)]
    return found + ["credentials" for _, step in steps
                    if step.get("uses", "").startswith("actions/checkout@")
                    and step.get("with", {}).get("persist-credentials") is not False]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda file: file.name)
def test_a_workflow_is_pinned_and_may_do_as_little_as_it_needs(workflow):
    assert careless(workflow.read_text()) == []


@pytest.mark.parametrize(("old", "new", "says"), [
    (r"@[0-9a-f]{40} # v7\.0\.1", "@v7", "- uses: actions/checkout@v7"),
    ("persist-credentials: false", "fetch-depth: 1", "credentials"),
    ("permissions:\n  contents: read", "permissions: write-all", "permissions"),
    ("timeout-minutes: .*", "env: {}", "timeout"), ("concurrency:", "x:", "concurrency")])
def test_a_careless_workflow_is_found(old, new, says):
    text = (ROOT / ".github/workflows/guide.yml").read_text()
    assert says in careless(re.sub(old, new, text))


def test_the_workflows_run_what_the_repository_has():
    """Each target of make and each script is there."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for workflow in WORKFLOWS:
        for _, step in steps_of(workflow.read_text())[1]:
            for target in re.findall(r"^make ([a-z-]+)", step.get("run", ""), re.MULTILINE):
                assert target in targets
            for script in re.findall(r"^\.ci/\w+", step.get("run", ""), re.MULTILINE):
                assert (ROOT / script).stat().st_mode & 0o100
