import pytest
import torch


@pytest.mark.parametrize(
    ("deviation", "noise_loss", "latent_loss"), [(1.0, 0.28, 0.72), (5.5, 0.92, 0.08)]
)
def test_raw_latents_raise_the_best_loss_of_a_noise_prediction(deviation, noise_loss, latent_loss):
    """Of independent normal latents, with the loss of the latents as a share of their variance."""
    root = torch.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=torch.float64)
    kept = (1 - root**2).cumprod(0)[500]
    torch.manual_seed(0)
    latents, noise = torch.randn(2, 1_000_000, dtype=torch.float64)
    latents = latents * deviation
    z = kept.sqrt() * latents + (1 - kept).sqrt() * noise

    def best(wanted):
        residue = wanted - (z * wanted).mean() / z.square().mean() * z
        return round((residue.square().mean() / wanted.square().mean()).item(), 2)

    assert (best(noise), best(latents)) == (noise_loss, latent_loss)
