"""The figure of svd's gradients: eigenvalues that come close."""

import torch

INPUT = torch.tensor(1.0, dtype=torch.float64)


def panels(value: torch.Tensor) -> list[dict[str, object]]:
    """Let a second eigenvalue come close to the first, `value`."""
    gap = torch.logspace(-4, 0, 41, dtype=torch.float64) * value
    matrix = torch.zeros(41, 2, 2, dtype=torch.float64)
    matrix[:, 0, 0] = value
    matrix[:, 1, 1] = value + gap
    values, vectors = torch.linalg.eigh(matrix.requires_grad_())

    def largest(of: torch.Tensor) -> torch.Tensor:
        grad, = torch.autograd.grad(of.sum(), matrix,
                                    retain_graph=True)
        return grad.abs().amax(dim=(1, 2))

    of_vector = largest(vectors[:, :, 0])
    of_value = largest(values[:, 0])
    return [
        {
            "title": "largest entry of the gradient",
            "curves": {"of the vector": of_vector,
                       "of the value": of_value},
            "x": gap,
            "log": "xy",
            "across": "difference of the two eigenvalues",
            "says": [
                f"for a difference of {gap[0]:g} the gradient of "
                f"the vector is {of_vector[0]:.0f}",
                f"that of the value stays at {of_value[0]:g}",
            ],
        },
    ]
