"""Measures of the contact network as a whole, by NetworKit: one thread, one caller at a time, always the same."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

_LOCK = threading.Lock()


@contextmanager
def networkit_graph(pairs: np.ndarray, n_persons: int) -> Iterator[Any]:
    """Give an undirected ``networkit.Graph`` while NetworKit is ours and runs on one thread.

    Its number of threads and random state belong to the process: the number is put back afterwards; the random
    state is set, though nothing that netrial calls reads it.

    Parameters
    ----------
    pairs : int32[k, 2]
        Distinct pairs of people.
    n_persons : int

    Yields
    ------
    networkit.Graph
    """
    networkit = _networkit()

    with _LOCK:
        threads = networkit.getMaxNumberOfThreads()
        networkit.setNumberOfThreads(1)
        networkit.setSeed(1, False)
        try:
            graph = networkit.Graph(n_persons)
            if len(pairs):
                graph.addEdges((pairs[:, 0].astype(np.uint64), pairs[:, 1].astype(np.uint64)))
            yield graph
        finally:
            networkit.setNumberOfThreads(threads)


def _networkit() -> Any:
    """Import NetworKit without the scripts that it would write into a notebook's output."""
    if "networkit" in sys.modules or "IPython" not in sys.modules:
        import networkit
    else:
        from IPython.utils.capture import capture_output

        with capture_output():
            import networkit
    return networkit


def partition(pairs: np.ndarray, n_persons: int) -> np.ndarray:
    """Find communities by the Louvain method at resolution 1 (Blondel et al. 2008).

    Blondel et al., doi:10.1088/1742-5468/2008/10/P10008; NetworKit's PLM without parallel moves visits people in
    their order, so that there is nothing random in it.

    Returns
    -------
    int64[n_persons]
        Labels in no particular order; people without contacts are alone in theirs.
    """
    networkit = _networkit()

    with networkit_graph(pairs, n_persons) as graph:
        louvain = networkit.community.PLM(graph, refine=False, gamma=1.0, par="none")
        louvain.run()
        return np.array(louvain.getPartition().getVector(), np.int64)


def connected(pairs: np.ndarray, n_persons: int) -> np.ndarray:
    """Return int64[n_persons]: in which connected component each person is, labels in no particular order."""
    networkit = _networkit()

    with networkit_graph(pairs, n_persons) as graph:
        found = networkit.components.ConnectedComponents(graph)
        found.run()
        return np.array(found.getPartition().getVector(), np.int64)


def core_numbers(pairs: np.ndarray, n_persons: int) -> np.ndarray:
    """Return int64[n_persons]: the core number of each person; 0 without contacts.

    The k-core is what is left when people with fewer than k contacts are taken out until nobody has fewer (Seidman
    1983, doi:10.1016/0378-8733(83)90028-X); a person's core number is the largest k of which they are in the core.
    """
    networkit = _networkit()

    with networkit_graph(pairs, n_persons) as graph:
        found = networkit.centrality.CoreDecomposition(graph)
        found.run()
        return np.array(found.scores(), np.int64)


def components(pairs: np.ndarray, n_persons: int) -> np.ndarray:
    """Return int64[n_components]: the number of people in each connected component, largest first."""
    networkit = _networkit()

    with networkit_graph(pairs, n_persons) as graph:
        found = networkit.components.ConnectedComponents(graph)
        found.run()
        return np.sort(np.array(list(found.getComponentSizes().values()), np.int64))[::-1]


def local_clustering(pairs: np.ndarray, n_persons: int) -> np.ndarray:
    """Return float64[n_persons]: the share of pairs of each person's contacts who are tied; 0 below two contacts."""
    networkit = _networkit()

    with networkit_graph(pairs, n_persons) as graph:
        found = networkit.centrality.LocalClusteringCoefficient(graph, False)
        found.run()
        return np.nan_to_num(np.array(found.scores(), np.float64))


def transitivity(clustering: np.ndarray, degree: np.ndarray) -> float:
    """Return the share of all paths of two ties that a third tie closes; 0 where there is no such path.

    Parameters
    ----------
    clustering : float64[n_persons]
        As `local_clustering` gives it.
    degree : int64[n_persons]
    """
    paths = degree * (degree - 1) // 2
    closed = np.rint(clustering * paths).sum()
    return float(closed / paths.sum()) if paths.any() else 0.0
