from minikeras.utils.seed import set_random_seed as set_random_seed
