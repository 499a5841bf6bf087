import torch
from torch import nn


def test_a_write_to_an_assigned_weight_leaves_the_file_as_it_was(tmp_path):
    path = tmp_path / "model.pt"
    torch.save({"weight": torch.zeros(2, 2, device="cpu")}, path)
    model = nn.Linear(2, 2, bias=False, device="meta")
    model.load_state_dict(torch.load(path, mmap=True), assign=True)
    with torch.no_grad():
        model.weight.fill_(1)
    assert torch.load(path)["weight"].sum() == 0
    assert model.weight.sum() == 4


def save_over(path, how):
    torch.save({"weight": torch.zeros(2, 2, device="cpu")}, path)
    model = nn.Linear(2, 2, bias=False, device="meta")
    model.load_state_dict(torch.load(path, mmap=True), assign=True)
    how({"weight": torch.ones(2, 2, device="cpu")})
    return model.weight.sum().item()


def test_a_save_over_the_file_changes_the_weights(tmp_path):
    path = tmp_path / "model.pt"
    changed = save_over(path, lambda state: torch.save(state, path))
    assert changed == 4


def test_a_replaced_file_leaves_the_weights(tmp_path):
    path, new = tmp_path / "model.pt", tmp_path / "new.pt"

    def replace(state):
        torch.save(state, new)
        new.replace(path)

    assert save_over(path, replace) == 0
