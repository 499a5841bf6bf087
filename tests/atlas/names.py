"""The public names of torch that the atlas calls, taken from torch itself, and those left out."""

import inspect
import re
import types
from collections.abc import Iterator

import torch
import torch.nn.attention
from torch import distributions, fft, linalg, nn, optim, special
from torch.nn import functional as F
from torch.optim import lr_scheduler

FUNCTIONS = {"torch": torch, "F": F, "linalg": linalg, "fft": fft, "special": special,
             "Tensor": torch.Tensor}
CLASSES = {"nn": (nn, nn.Module), "optim": (optim, optim.Optimizer),
           "lr_scheduler": (lr_scheduler, lr_scheduler.LRScheduler),
           "distributions": (distributions, distributions.Distribution)}

LEFT_OUT = {  # the reason, and the names that it stands for, of functions alone
    "changes the settings of the process": r"set_\w+|use_\w+|enable_\w+|is_\w*enabled|autocast\w*"
    r"|(un)?register_\w+|init_num_threads|share_memory_?|module_load",
    "reads or writes the generator's state": r"(initial_|manual_)?seed|(get|set)_rng_state",
    "reads or writes files": r"save|load|from_file|hub|prepare_multiprocessing_environment",
    "compiles or traces (pages of the guide run that)": r"compile|vmap|torch\.cond|while_loop"
    r"|export|script\w*|trace\w*|import_ir_module\w*|parse_\w+|merge_type\w*|unify_type\w*|wait|fork"
    r"|boolean_dispatch|handle_torch_function|has_torch_function\w*|assert_int_or_pair|(dis)?allow_\w+",
    "speaks of a GPU, a backend or the build": r"cudnn_\w+|miopen_\w+|mkldnn\w*"
    r"|is_\w*available|(\w+_)?(cuda|xpu|mps|hpu|vulkan|metal|mtia|xla|ipu|maia)(_\w+)?|get_device\w*|get_file_path|get_num_\w+|compiled_with\w*"
    r"|typename|fbgemm\w*|read_vitals|vitals_enabled|set_vital|sym_\w+|thread_safe_\w+|pin_memory"
    r"|is_pinned|to_mkldnn|dlpack|from_dlpack|_\w*",
    "is what makes tensors of other libraries": r"as_subclass|numpy|from_numpy|frombuffer|data_ptr"
    r"|storage\w*|untyped_storage|const_data_ptr|mutable_data_ptr|grad_fn|record_stream",
    "belongs to quantized tensors or to the old sparse ones": r"quantized_\w+|_?sparse_\w+|hspmm"
    r"|[sd]smm|fake_quantize\w*|q_\w+|int_repr|dequantize|quantize_\w+",
    "ended the process of an earlier torch": r"mvlgamma_",
    "runs autograd itself": r"backward|retain_grad|requires_grad_|inference_mode|no_grad",
}
NOISE = {  # calls whose values are no data, beside those that give two values when called twice
    "the result holds memory that nothing was written to":
    r"(torch|Tensor)\.(\w*empty\w*|resize\w*|new)\(.*",
    "for nan, it holds what lay in memory, up to torch 2.13": r"special\.\w+_polynomial_\w+\(odd.*",
}


def reason(name: str, rules: dict[str, str]) -> str:
    """Why a rule speaks of this function; empty where none does."""
    return next((why for why, pattern in rules.items()
                 if re.fullmatch(rf"(\w+\.)?({pattern})", name)), "")


def is_function(found: object) -> bool:
    return callable(found) and not inspect.isclass(found)


def functions() -> Iterator[str]:
    """The public functions, and the tensor's methods that are no function of torch."""
    for prefix, module in FUNCTIONS.items():
        for name in dir(module):
            found = getattr(module, name, None)
            if (name[0] != "_" and name.islower() and is_function(found)
                    and not isinstance(found, types.ModuleType)
                    and not (prefix == "Tensor" and hasattr(torch, name))):
                yield f"{prefix}.{name}"


def classes() -> Iterator[str]:
    """The public layers, optimizers, schedulers and distributions."""
    for prefix, (module, kind) in CLASSES.items():
        for name, found in vars(module).items():
            if (inspect.isclass(found) and issubclass(found, kind) and name[0] != "_"
                    and found is not kind):
                yield f"{prefix}.{name}"


def names() -> list[str]:
    return sorted({*functions(), *classes()})


def is_left_out(name: str) -> bool:
    return bool(name.partition(".")[0] in FUNCTIONS and reason(name, LEFT_OUT))
