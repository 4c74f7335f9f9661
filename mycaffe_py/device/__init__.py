"""The device that arrays live on, and the facilities of the machine: BLAS threads, denormals, memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycaffe_py.lazy import lazy_names

if TYPE_CHECKING:
    from .blas import (
        blas_threads as blas_threads,
        can_set_threads as can_set_threads,
        one_thread as one_thread,
        thread_count as thread_count,
        threads_for as threads_for,
    )
    from .ceilings import (
        Ceilings as Ceilings,
        Level as Level,
        measure_ceilings as measure_ceilings,
    )
    from .denormals import can_flush as can_flush, flush_denormals as flush_denormals
    from .device import (
        DTYPES as DTYPES,
        Array as Array,
        Device as Device,
        check_dtype as check_dtype,
        chosen_seed as chosen_seed,
        default_device as default_device,
        import_cupy as import_cupy,
        open_device as open_device,
        set_default_device as set_default_device,
        set_default_seed as set_default_seed,
    )
    from .memory_limits import (
        free_memory as free_memory,
        in_words as in_words,
        out_of_memory as out_of_memory,
        require_memory as require_memory,
        require_memory_for_file as require_memory_for_file,
    )
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        blas="blas_threads can_set_threads one_thread thread_count threads_for",
        ceilings="Ceilings Level measure_ceilings",
        denormals="can_flush flush_denormals",
        device="Array DTYPES Device check_dtype chosen_seed default_device import_cupy open_device "
        "set_default_device set_default_seed",
        memory_limits="free_memory in_words out_of_memory require_memory require_memory_for_file",
    )
