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
