#!/bin/sh
# linalg.matrix_sqrth of a matrix that is not positive returns the root of another matrix, where SciPy returns its complex root.
#
# torch 2.15.0, CPU. Guess before the run: a negative eigenvalue is an error, as in linalg.cholesky, or gives
# nan, as in torch.sqrt. What proved it wrong: matrix_sqrth (new in torch 2.15) sets the eigenvalue to 0. The
# square of the "root" of [[1, 2], [2, 1]] is 1.5 everywhere, without a warning. A covariance of fewer samples than
# features has eigenvalues that rounding puts on either side of 0: its root is right, and all gradients are nan.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.15.0 numpy==2.4.6 scipy==1.17.1
cat > "$folder/run.py" <<'PYTHON'
import scipy.linalg
import torch

print(torch.__version__.split("+")[0])
matrix = torch.tensor([[1.0, 2.0], [2.0, 1.0]], dtype=torch.float64)
root = torch.linalg.matrix_sqrth(matrix)
print("torch, root squared:", (root @ root).numpy().round(6).tolist())
complex_root = scipy.linalg.sqrtm(matrix.numpy())
print("SciPy, root squared:", (complex_root @ complex_root).real.round(6).tolist())
try:
    torch.linalg.cholesky(matrix)
except torch.linalg.LinAlgError:
    print("cholesky: LinAlgError")

torch.manual_seed(0)
features = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)  # 3 samples of 4 features
covariance = torch.cov(features.T)
root = torch.linalg.matrix_sqrth(covariance)
print("covariance, the root is near:", torch.allclose(root @ root, covariance))
root.trace().backward()
print("gradients that are nan:", features.grad.isnan().sum().item(), "of", features.numel())
PYTHON
"$folder/venv/bin/python" "$folder/run.py" 2> /dev/null > "$folder/seen"
cat "$folder/seen"
diff "$folder/seen" - <<'SEEN'
2.15.0
torch, root squared: [[1.5, 1.5], [1.5, 1.5]]
SciPy, root squared: [[1.0, 2.0], [2.0, 1.0]]
cholesky: LinAlgError
covariance, the root is near: True
gradients that are nan: 12 of 12
SEEN
