"""What the pages on upgrading say stands in the atlas, under the same version and heading."""

import re

import pytest

from tests.atlas import compare, data
from tests.guide import GUIDE, ROOT

SAID = [  # of a page: how it calls the change, a call, and words of the page
    ("2.10", "silent: gradient", "torch.atan2(ties, ties)", "atan2"),
    ("2.10", "raises no longer", "torch.utils.data.TensorDataset(vector, wide)", "TensorDataset"),
    ("2.10", "raises no longer", "linalg.matrix_norm(hollow, 1)", "matrix_norm"),
    ("2.10", "raises no longer", "F.smooth_l1_loss(half, half.flip(0))", "smooth_l1_loss"),
    ("2.10", "signature", "signature(attention.flex_attention.create_block_mask)", "device=None"),
    ("2.10", "warns now", "torch.jit.script(nn.ReLU())(kinks)", "torch.jit.script"),
    ("2.11", "silent: gradient", "torch.ldexp(wide, far)", "ldexp"),
    ("2.11", "raises now", "attention.flex_attention.flex_attention(query, key, key)",
     "FlexAttention does not support backward on CPU"),
    ("2.11", "raises now", "torch.ldexp(wide, keep)", "boolean exponent"),
    ("2.11", "raises now", "torch.utils.data.TensorDataset(vector, wide)", "TensorDataset"),
    ("2.11", "warns now",
     "torch.sparse_coo_tensor(rows[None], vector[:2], (2,)).to_dense()", "sparse_coo_tensor"),
    ("2.12", "other numbers of the same seed", "nn.init.trunc_normal_(torch.zeros(4))",
     "trunc_normal_"),
    ("2.12", "other numbers of the same seed", "torch.rand_like(half)", "float16"),
    ("2.12", "warns now", "torch.asarray(odd)", "asarray"),
    ("2.12", "raises no longer", "F.mse_loss(wide, far)", "mse_loss"),
    ("2.12", "raises another type", "F.nll_loss(ties, ties)", "nll_loss"),
    ("2.12", "signature", "signature(nn.BatchNorm1d)", "bias=False"),
    ("2.13", "silent: value",
     "torch.tensor([500., -500, torch.nan, torch.inf, 0.001]).to(torch.float8_e4m3fn)", "448"),
    ("2.13", "silent: value", "F.lp_pool1d(sound, torch.inf, 2)", "lp_pool1d"),
    ("2.13", "silent: value", "rates(lambda o: lr_scheduler.SequentialLR(o, ["
     "lr_scheduler.ConstantLR(o, 0.1, 2), lr_scheduler.ConstantLR(o, 0.5, 4)], [0]))",
     "SequentialLR"),
    ("2.13", "raises now", "torch.zeros(2, 3, names=('a', 'b')).names", "names="),
    ("2.14", "silent: gradient", "torch.clamp(kinks, 0, 1)", "clamp"),
    ("2.14", "silent: gradient", "torch.fmax(wide, keep)", "fmax"),
    ("2.14", "silent: gradient", "torch.ldexp(wide, far)", "ldexp"),
    ("2.14", "silent: value",
     "steps(optim.SGD, lr=0.5, fused=True, copies=16, dtype=torch.bfloat16)", "SGD(fused=True)"),
    ("2.14", "silent: gradient",
     "F.embedding_bag(index[None], matrix, mode='sum', scale_grad_by_freq=True)", "embedding_bag"),
    ("2.14", "raises now", "brain + 1j", "bcomplex32"),
    ("2.14", "raises now", "torch.func.hessian(lambda x: F.scaled_dot_product_attention(x, x, x)"
     ".sum())(batch.detach())", "three dimensions"),
    ("2.14", "raises now", "F.scaled_dot_product_attention(query, key, key, attn_mask=torch.ones("
     "3, 3).tril().bool(), is_causal=True)", "is_causal=True"),
    ("2.14", "raises now", "F.group_norm(hollow, 1)", "group_norm"),
    ("2.14", "raises now", "torch.qr(matrix)", "torch.linalg.qr"),
    ("2.14", "raises now", "torch.cholesky(positive)", "torch.linalg.cholesky"),
    ("2.14", "raises another type", "fft.rfftn(complexes)", "TypeError"),
    ("2.14", "warns now", "torch.jit.script(nn.ReLU())(kinks)", "FutureWarning"),
    ("2.14", "signature", "signature(torch.compile)", "dynamic_shapes"),
    ("2.15", "silent: value", "torch.clamp(bytes, -1)", "uint8"),
    ("2.15", "silent: gradient", "special.bessel_j0(odd)", "bessel_j0"),
    ("2.15", "raises another type", "complexes.sort()", "TypeError"),
    ("2.15", "raises another type", "torch.mean(ints)", "NotImplementedError"),
]
NEW = {version.rpartition(".")[0]: version for version in data.versions()}
OLD = dict(zip(data.versions()[1:], data.versions(), strict=False))


@pytest.fixture(scope="module")
def changed():
    """Each call that changed with a version, and how."""
    found = {}
    for new, old in OLD.items():
        kinds = compare.sorted_changes(data.read(old), data.read(new))
        found[new] = {call: kind for kind, functions in kinds.items()
                      for calls in functions.values() for call in calls}
    return found


@pytest.mark.parametrize(("version", "kind", "call", "words"), SAID)
def test_what_a_page_says_stands_in_the_atlas(changed, version, kind, call, words):
    page = GUIDE.text(f"docs/versions/torch-{version.replace('.', '-')}.md")
    assert words in page
    assert changed[NEW[version]].get(call) == kind


def test_each_version_of_the_atlas_has_a_page_that_names_its_record():
    for version in OLD:
        short = version.rpartition(".")[0].replace(".", "-")
        text = (ROOT / f"docs/versions/torch-{short}.md").read_text()
        assert f"tests/atlas/data/cpu/{version}.jsonl" in text


def test_the_number_of_functions_on_the_index_is_that_of_the_atlas():
    said = re.search(r"some ([\d,]+) public functions", GUIDE.text("docs/versions/index.md"))
    called = {compare.name_of(call) for call in data.read("2.13.0")}
    public = [name for name in called if re.fullmatch(r"[A-Za-z]\w+\.\w+", name)]
    assert abs(int(said[1].replace(",", "")) - len(public)) < 50, len(public)
