import io

import pytest
import torch
from torch import nn

from tests.shown import shown

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*deprecated:DeprecationWarning", "ignore:.*deprecated:FutureWarning",
    "ignore::torch.jit.TracerWarning", "ignore:.*TorchScript archive:UserWarning")


def branch(x):
    return x + 1 if x.sum() > 0 else x - 1


def test_a_check_on_other_inputs_finds_the_branch():
    torch.jit.trace(branch, torch.ones(2))
    with pytest.raises(torch.jit.TracingCheckError, match="Graphs differed"):
        torch.jit.trace(branch, torch.ones(2), check_inputs=[(-torch.ones(2),)])


def test_a_shape_is_recorded_as_an_operation():
    traced = torch.jit.trace(lambda x: x.sum() / x.shape[0], torch.ones(4))
    assert traced(torch.ones(2)).item() == 1


def test_a_device_is_a_constant():
    traced = torch.jit.trace(lambda x: x.new_zeros(0, device=x.device), torch.ones(1, device="cpu"))
    assert "Device" in str(traced.graph)
    assert 'value="cpu"' in str(traced.graph)


def test_a_default_has_no_argument():
    traced = torch.jit.trace(lambda x, k=2.0: x * k, torch.ones(1))
    with pytest.raises(RuntimeError, match=r"expected at most 1 argument"):
        traced(torch.ones(1), 3.0)


def test_a_script_keeps_branch_and_mode():
    script = torch.jit.script(nn.Sequential(nn.Dropout()))
    assert script.eval()(torch.ones(9)).tolist() == [1] * 9


def test_torch_load_refuses_an_archive_that_jit_loads():
    file = io.BytesIO()
    torch.jit.save(torch.jit.trace(nn.Linear(1, 1), torch.ones(1)), file)
    file.seek(0)
    with pytest.raises(RuntimeError, match="TorchScript archives"):
        torch.load(file)
    file.seek(0)
    assert torch.jit.load(file)(torch.ones(1)).shape == (1,)


@pytest.mark.parametrize("function", [
    lambda x: x * torch.nan, lambda x: x.add_(1) * 2, lambda x: x[:0]])
def test_the_guard_passes_for_nan_and_for_a_model_that_changes_its_input(function):
    check = shown("docs/compile/jit-trace.md", "assert_agrees", torch=torch)
    x = torch.ones(3)
    check(torch.jit.trace(function, torch.ones(2)), function, [x, torch.zeros(0)])
    assert x.tolist() == [1, 1, 1]


def test_eval_on_an_export_is_an_error():
    exported = torch.export.export(nn.Sequential(nn.Dropout()), (torch.ones(9),)).module()
    with pytest.raises(NotImplementedError):
        exported.eval()
