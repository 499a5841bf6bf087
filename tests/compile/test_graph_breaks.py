import os
import subprocess
import sys

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from snippets.compile.graph_breaks import (
    assert_one_graph,
    count_graphs,
    masked_cross_entropy,
    sum_of_positive,
)
from snippets.compile.wrong_graph_breaks import branch_on_a_tensor, leave_a_loop, sum_by_mask
from tests.awkward import Case, Guard, LeftOut

TARGETS, KEEP = torch.tensor([0, 3, 1]), torch.tensor([True, False, True])
AWKWARD = [
    LeftOut(count_graphs, "counts graphs; the numbers are those of the function that it is given"),
    Case(sum_of_positive, lambda positive, x: positive(x),
         like=lambda x: x.masked_fill(~(x > 0), 0).sum()),
    Case(masked_cross_entropy, lambda loss, x: loss(x, TARGETS[:len(x)], KEEP[:len(x)]),
         like=lambda x: F.cross_entropy(x[KEEP[:len(x)]], TARGETS[:len(x)][KEEP[:len(x)]])
         if len(x) else x.sum()),
    Guard(assert_one_graph, right=lambda guard, x: guard(torch.clone, x),
          wrong=lambda guard, x: guard(in_two_pieces, x)),
]


def in_two_pieces(x):
    y = x.clone()
    torch._dynamo.graph_break()
    return y.clone()


@pytest.mark.parametrize(("function", "graphs"),
                         [(sum_by_mask, 2), (branch_on_a_tensor, 2), (leave_a_loop, 0),
                          (lambda x: x * x.sum().item(), 2)])
def test_a_break_is_right_and_in_pieces(device, function, graphs):
    x = torch.tensor([-1.0, 2.0, 3.0], device=device)
    compiled = torch.compile(function, backend="eager")
    for other in (x, -x, 1000 * x):
        assert torch.equal(compiled(other), function(other))
    with pytest.raises(AssertionError, match=f"{graphs} graphs for one call"):
        assert_one_graph(function, x)


def test_the_python_decides_what_becomes_of_a_while_loop(device):
    def double_up_to_100(x):
        while x.sum() < 100:
            x = x * 2
        return x

    found = count_graphs(double_up_to_100, [(torch.tensor([-1.0, 2.0, 3.0], device=device),)])
    assert found == ((2, 6) if sys.version_info < (3, 12) else (1, 1))


def test_a_break_at_the_end_of_the_graph_is_a_break(device):
    def branch_at_the_end(x):
        y = x * 2
        if (y > 0).all():
            y = y + 1
        return y

    x = torch.tensor([-1.0, 2.0], device=device)
    assert count_graphs(branch_at_the_end, [(x,)])[0] == 1
    for function in (branch_at_the_end, lambda x: (x * 2).sum().item()):
        for _ in range(2):
            with pytest.raises(AssertionError, match="the graph ends in a break"):
                assert_one_graph(function, x)
    assert_one_graph(torch.sin, x)


def test_a_break_before_the_first_operation_is_a_break(device):
    def prints(x):
        print(end="")
        return x * 2

    def breaks(x):
        torch._dynamo.graph_break()
        return x * 2

    def loops_in_a_call(x):
        return leave_a_loop(x) + 1

    x = torch.tensor([-1.0, 2.0], device=device)
    for function, says in [(prints, "stands before the graph"), (breaks, "stands before the graph"),
                           (lambda x: x * sum(x.tolist()), "stands before the graph"),
                           (loops_in_a_call, "leaves a function uncompiled")]:
        assert count_graphs(function, [(x,)])[0] == 1
        for _ in range(2):
            with pytest.raises(AssertionError, match=f"a break {says}"):
                assert_one_graph(function, x)
    assert_one_graph(torch.sin, x)


def block(x):
    return (x * 2).sin() + 1


def branches_in_a_for(x):
    for _ in range(3):
        x = block(x)
        x = x if x.sum() > 1000 else -x
    return x


def reads_a_number_in_a_while(x):
    count = 0
    while count < 3:
        x = block(x) * x.sum().item()
        count += 1
    return x


def branches_in_a_try(x):
    try:
        x = block(x)
        x = x if x.sum() > 1000 else -x
    except ValueError:
        pass
    return x


@pytest.mark.parametrize("function", [
    branches_in_a_for, reads_a_number_in_a_while, branches_in_a_try,
    lambda x: branches_in_a_for(branches_in_a_for(x))])
def test_one_graph_of_a_callee_is_no_graph_of_the_function(device, function):
    x = torch.tensor([-1.0, 2.0, 3.0], device=device)
    assert count_graphs(function, [(x,)])[0] == 1
    for _ in range(2):
        with pytest.raises(AssertionError, match="a break leaves a function uncompiled"):
            assert_one_graph(function, x)
    assert_one_graph(block, x)


def test_what_stands_before_a_break_in_a_try_is_not_compiled(device):
    def reads_a_number(x):
        y = x * 2
        try:
            y = y * y.sum().item()
            y = y - 1
        except ValueError:
            pass
        return y + 1

    x = torch.tensor([-1.0, 2.0, 3.0], device=device)
    assert count_graphs(reads_a_number, [(x,)]) == (0, 0)
    with pytest.raises(AssertionError, match="0 graphs for one call"):
        assert_one_graph(reads_a_number, x)


def test_the_helpers_forget_what_was_compiled_before(device):
    x = torch.ones(2, device=device)
    for _ in range(10):
        assert_one_graph(sum_of_positive, x)
    for _ in range(10):
        assert count_graphs(sum_of_positive, [(x,)] * 2) == (1, 2)


def test_a_count_leaves_the_limit_the_module_and_the_generator_as_they_were(device):
    def repeated(x, n):
        for _ in range(n):
            x = x * 2
        return x

    x = torch.ones(2, 3, device=device)
    assert count_graphs(repeated, [(x, n) for n in range(2, 12)]) == (8, 8)
    ran = []
    compiled = torch.compile(repeated, backend=lambda graph, inputs: ran.append(0) or graph.forward)
    compiled(x, 3)
    assert ran == [0]  # not at the limit
    model = nn.Sequential(nn.BatchNorm1d(3, device=device), nn.Dropout())
    before, state = torch.get_rng_state(), model[0].num_batches_tracked.item()
    assert count_graphs(model, [(x,)] * 2)[1] == 2
    assert_one_graph(model, x)
    assert torch.equal(torch.get_rng_state(), before)
    assert model[0].num_batches_tracked.item() == state == 0


@pytest.mark.parametrize("kept", [[True, False, True], [False, False, False]])
def test_masked_cross_entropy_averages_over_the_kept(device, kept):
    keep = torch.tensor(kept, device=device)
    logits = torch.tensor([[1e4, 0.0], [0.0, torch.inf], [-3.0, 5.0]], device=device)
    targets = torch.tensor([0, 0, 1], device=device)
    got = masked_cross_entropy(logits, targets, keep)
    expected = F.cross_entropy(logits[keep], targets[keep]) if any(kept) else got.new_zeros(())
    torch.testing.assert_close(got, expected)


@pytest.mark.parametrize("kept", [[True, False], [False, False]])
def test_a_masked_row_may_hold_anything(device, kept):
    logits = torch.tensor([[1.0, 2.0], [torch.nan, torch.inf]], device=device, requires_grad=True)
    loss = masked_cross_entropy(logits, torch.tensor([0, -1], device=device),
                                torch.tensor(kept, device=device))
    loss.backward()
    assert loss.isfinite()
    assert logits.grad.isfinite().all()
    assert logits.grad[1].count_nonzero() == 0


def test_the_sum_of_positive_ignores_nan_and_an_empty_input(device):
    assert sum_of_positive(torch.tensor([torch.nan, -1.0, 2.0], device=device)) == 2
    assert sum_of_positive(torch.ones(0, device=device)) == 0


def test_the_log_names_the_file_and_the_line_of_each_break(tmp_path):
    script = tmp_path / "broken.py"
    script.write_text("""import torch
def by_mask(x):
    y = x * 2
    return y[y > 0].sum()
def by_item(x):
    return x * x.sum().item()
def by_branch(x):
    if x.sum() > 0:
        return x + 1
    return x - 1
for function in (by_mask, by_item, by_branch):
    torch.compile(function, backend="eager")(torch.ones(2))
""")
    run = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True,
                         env={**os.environ, "TORCH_LOGS": "graph_breaks"})
    for line in (4, 6, 8):
        assert f"broken.py:{line}" in run.stderr


@pytest.mark.parametrize("function", [
    lambda x: x[x > 0] * 2 if x[x > 0].shape[0] > 1 else x,
    lambda x: x * 2 if x.sum().item() > 1 else x])
def test_fullgraph_refuses_a_branch_on_an_unknown_size_or_number(device, function):
    torch.compiler.reset()
    with pytest.raises(torch._dynamo.exc.UserError, match="data-dependent expression"):
        torch.compile(function, backend="eager", fullgraph=True)(torch.ones(3, device=device))


@pytest.mark.parametrize("options", [
    {"mode": "reduce-overhead"}, {"backend": "eager"}, {"options": {"max_autotune": True}}])
def test_the_helpers_refuse_the_choice_of_a_compiler(options):
    x = torch.ones(2)
    for use in (lambda: count_graphs(torch.sin, [(x,)], **options),
                lambda: assert_one_graph(torch.sin, x, **options)):
        with pytest.raises(TypeError, match="choose no compiler"):
            use()


def test_a_model_that_is_compiled_already_is_counted(device):
    model, x = torch.compile(nn.Linear(8, 8).to(device)), torch.ones(1, 8, device=device)
    assert count_graphs(model, [(x,)]) == (1, 1)
    assert_one_graph(model, x)


def test_fullgraph_takes_a_branch_that_the_bounds_decide(device):
    def checked(x):
        count = (x > 0).sum().item()
        torch._check(count > 0)
        return x * 2 if count > 0 else x

    x = torch.tensor([-1.0, 2.0, 3.0], device=device)
    for function in (checked, lambda x: x * 2 if len(x[x > 0]) <= 3 else x):
        torch.compiler.reset()
        compiled = torch.compile(function, backend="eager", fullgraph=True)
        assert compiled(x).tolist() == [-2, 4, 6]
