"""A lie of each kind is caught: a weak comparison, a forged record, a changed torch."""

import json
import random
import shutil
import tomllib

import pytest
from sitekit.reading import ROOT, pages, read_page, relative

from sitekit import harness, mutants, reading

from .conftest import Project, assert_refused, html_of, python_digests

SESSION = "```pycon\n>>> import torch\n>>> torch.ones(2)\ntensor([1., 1.])\n```\n"


# --- mutants -------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(12))
def test_a_wrong_output_is_noticed(number):
    """A sample; `make mutants` tries them all."""
    file = random.choice(reading.files())
    _, left = mutants.survivors(file, harness.Settings("cpu"), random.Random(), most=12)
    assert left == []


@pytest.mark.parametrize(("line", "wrong"), [
    ("tensor([1., -2.5000])", {"tensor([2., -2.5000])", "tensor([-1., -2.5000])",
                               "tensor([1., -2.5001])", "tensor([1., 2.5000])"}),
    ("torch.Size([2])", {"torch.Size([3])", "torch.Size([-2])"}),
    ("(True, nan)", {"(False, nan)", "(True, 0.)"}),
    ("ValueError: bad input", {"alueError: bad input", "ValueError: bad nput"}),
])
def test_each_kind_of_step_is_tried(line, wrong):
    assert set(mutants.mutations(line)) == wrong


@pytest.mark.parametrize("weaken", [
    lambda step: step.want.rstrip("\n").replace("2", "1"),
    lambda step: "",
])
def test_a_comparison_that_forgives_is_found(project, monkeypatch, weaken):
    monkeypatch.setattr(reading, "ROOT", project.root)
    project.page("```pycon\n>>> print(1)\n1\n```\n")
    monkeypatch.setattr(reading.Step, "expected", property(weaken))
    _, left = mutants.survivors(project.root / "docs/planted.md", harness.Settings("cpu"))
    assert left


# --- other outputs on another torch or device -----------------------------------------------


def test_other_outputs_hold_where_their_condition_is_true(project):
    project.page(SESSION + SESSION.replace("pycon", 'pycon title="torch < 2.0"').replace("1.", "2.")
                 + SESSION.replace("pycon", 'pycon title="cuda"').replace("1.", "3."))
    assert project.test().returncode == 0
    later = SESSION.replace("pycon", 'pycon title="torch >= 2.0"').replace("1.", "2.")
    project.page(SESSION + later)
    assert_refused(project.test(), "docs/planted.md:10")
    assert project.build().returncode == 0
    assert len(python_digests(html_of(project.root / "site", "docs/planted.md"))) == 2
    assert "torch &gt;= 2.0" in html_of(project.root / "site", "docs/planted.md").read_text()


@pytest.mark.parametrize(("other", "words"), [
    (SESSION.replace("pycon", 'pycon title="torch < 2.0"'), "makes no difference"),
    (SESSION.replace("pycon", 'pycon title="torch 2"'), "a condition is torch < 2.13"),
    (SESSION.replace("pycon", 'pycon title="cuda"').replace("ones(2)", "ones(1, 2)"),
     "whose they are"),
])
def test_a_condition_that_is_none(project, other, words):
    project.page(SESSION + other)
    assert_refused(project.build(), "docs/planted.md:8", words)
    assert_refused(project.test(), "docs/planted.md:8", words)


@pytest.mark.parametrize(("condition", "device", "torch", "true"), [
    ("torch < 2.13", "cpu", "2.11.0", True), ("torch < 2.13", "cpu", "2.13.0+cpu", False),
    ("torch < 2.9", "cpu", "2.13.0", False), ("torch >= 2.13", "cuda", "2.13.1", True),
    ("cuda", "cuda", "2.13.0", True), ("cuda", "cpu", "2.13.0", False)])
def test_conditions(condition, device, torch, true):
    assert reading.holds(condition, device, torch) == true


def test_the_list_of_exclusions_is_short_and_gives_reasons():
    listed = tomllib.loads((ROOT / "tests/exclusions.toml").read_text()).get("exclusion", [])
    assert len(listed) <= 20
    assert all(entry["reason"] for entry in listed)


# --- records --------------------------------------------------------------------------


def line_under(project):
    result = project.build()
    assert result.returncode == 0, result.stdout
    html = html_of(project.root / "site", "docs/planted.md").read_text()
    return html.split('<p class="provenance">')[1].split("</p>")[0] if "provenance" in html else ""


def record_of_a_gpu(project, **changes):
    """Write what a GPU would have recorded of the planted page."""
    assert project.run("sitekit.record").returncode == 0
    made = next((project.root / ".cache/records").rglob("planted.json"))
    record = json.loads(made.read_text()) | {
        "device": "cuda", "cuda": True, "name": "NVIDIA H200", "torch": "2.11.0",
        "date": "2026-11-26"}
    project.write("tests/records/planted.json", json.dumps(record | changes))


def test_a_page_says_where_it_ran(project):
    project.page(SESSION)
    assert line_under(project) == "1 example, which did not run in this build."
    assert project.run("sitekit.record").returncode == 0
    assert line_under(project) == "1 example ran on torch 2.13.0 (CPU only)."
    record_of_a_gpu(project)
    assert line_under(project) == (
        "1 example ran on torch 2.13.0 (CPU), 2.11.0 (NVIDIA H200, 2026-11-26).")


@pytest.mark.parametrize("page", [
    SESSION.replace("ones", "zeros").replace("1.", "0."), SESSION + SESSION])
def test_a_page_that_changed_since_says_so(project, page):
    project.page(SESSION)
    record_of_a_gpu(project)
    project.page(page)
    assert line_under(project).endswith("did not run in this build. Changed since it ran on "
                                        "torch 2.11.0 (NVIDIA H200, 2026-11-26).")


def test_a_record_whose_outputs_are_not_the_page_s_claims_nothing(project):
    project.page(SESSION)
    record_of_a_gpu(project, outputs=["0" * 16])
    assert "Changed since" in line_under(project)


@pytest.mark.parametrize("changes", [{"device": "cpu", "name": "CPU"}, {"cuda": False}])
def test_a_record_made_on_a_cpu_is_no_gpu_s(project, changes):
    project.page(SESSION)
    record_of_a_gpu(project, **changes)
    assert_refused(project.build(), "tests/records/planted.json", "not on a GPU")


def test_a_record_of_a_gpu_needs_one(project):
    project.page(SESSION)
    assert_refused(project.run("sitekit.record", "--device", "cuda"), "torch sees no GPU")


def test_a_page_that_fails_is_not_recorded(project):
    project.page(SESSION.replace("1., 1.", "1., 2."))
    assert_refused(project.run("sitekit.record"), "not recorded", "docs/planted.md:5")
    assert not list((project.root / ".cache").rglob("*.json"))


# --- isolation ------------------------------------------------------------------------


@pytest.mark.parametrize(("left", "names"), [
    ("torch.set_default_dtype(torch.float64)", "default dtype"),
    ("torch.set_default_device('meta')", ""),  # the harness sets it back
    ("_ = torch.manual_seed(1)", ""),
    ("_ = torch.set_grad_enabled(False)", "grad mode"),
    ("torch.use_deterministic_algorithms(True)", "deterministic algorithms"),
    ("torch.set_printoptions(precision=2)", "print options"),
    ("torch.set_float32_matmul_precision('medium')", "matmul precision"),
    ("_ = torch.nn.modules.module.register_module_forward_hook(print)", "module hooks"),
    ("torch.set_num_threads(7)", "threads"),
])
def test_a_page_that_leaves_torch_changed_is_refused(project, left, names):
    project.page(f"```pycon\n>>> import torch\n>>> {left}\n```\n")
    if names:
        assert_refused(project.test(), "the page leaves torch changed", names)
    else:
        result = project.test()
        assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("how", [
    ["-n", "2", "--dist", "loadfile"], [relative(page) for page in reversed(pages())]],
    ids=["in parallel", "in reverse"])
def test_pages_pass_in_any_order_and_in_parallel(how):
    result = Project(ROOT).test(*how, *(["docs"] if "-n" in how else []))
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("page", pages(), ids=relative)
def test_a_page_passes_alone(page):
    outcomes = harness.outcomes(page, harness.Settings("cpu"))
    assert [outcome.problem for outcome in outcomes if outcome.problem] == []
    assert len(outcomes) == sum(len(e.steps) for e in read_page(page).examples if not e.condition)


# --- the same bytes -------------------------------------------------------------------


def test_two_builds_are_the_same_bytes(project):
    project.page(SESSION + "\n$x$\n")
    project.write("docs/exercise.md", "---\nnotebook: true\n---\n# A {#a}\n\n" + SESSION)
    built = []
    for zone in ["Asia/Tokyo", "America/Lima"]:
        other = Project(project.root.with_name(project.root.name + zone[:4]))
        shutil.copytree(project.root, other.root)
        assert other.build(TZ=zone, SOURCE_DATE_EPOCH="1700000000").returncode == 0
        site = other.root / "site"
        built.append({f.relative_to(site): f.read_bytes() for f in site.rglob("*") if f.is_file()})
    assert built[0] == built[1]
