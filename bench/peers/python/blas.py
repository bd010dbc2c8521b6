"""What the peers say of the BLAS that they run on."""

import os


def blas_libraries():
    """The shared libraries of this process that carry BLAS, as Linux knows them."""
    try:
        with open("/proc/self/maps", encoding="utf8") as maps:
            paths = {line.split()[-1] for line in maps}
    except OSError:
        return []
    names = {os.path.basename(path) for path in paths}
    return sorted(name for name in names if any(word in name.lower() for word in ("openblas", "mkl_rt", "blis")))
