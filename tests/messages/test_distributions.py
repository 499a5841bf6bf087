import subprocess
import sys
from textwrap import dedent


def test_a_first_compiled_call_turns_off_the_checks_of_distributions():
    """In a process of its own: it happens once a process."""
    result = subprocess.run([sys.executable, "-c", dedent("""\
        import torch
        from torch.distributions import Normal

        nan, one = torch.tensor([torch.nan]), torch.ones(1)
        try:
            Normal(nan, one)
        except ValueError:
            torch.compile(lambda x: x + 1, backend="eager")(one)
            print(Normal(nan, one).mean)
        """)], capture_output=True, text=True, check=True)
    assert result.stdout == "tensor([nan])\n"
