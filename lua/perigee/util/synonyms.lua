--- Names of NumPy, PyTorch, Keras and scikit-learn, with the library's own.
return {
  functions = {
    cat = "concat", mm = "dot", one_hot = "onehot", randperm = "permutation", amax = "max",
    amin = "min", train = "fit", accuracy_score = "accuracy", view = "reshape", savez = "save",
    manual_seed = "seed", default_rng = "random", tqdm = "progress", trange = "progress",
    permute = "transpose", confusion_matrix = "evaluate", clamp = "clip", imshow = "show",
    imsave = "save_png", imread = "load_png", RandomState = "random",
    loadtxt = "read_csv", genfromtxt = "read_csv", savetxt = "write_csv", to_csv = "write_csv",
    read_table = "read_csv", load_idx = "load", train_test_split = "split",
    StandardScaler = "standardise", OneHotEncoder = "onehot",
    get_dummies = "onehot", ImageFolder = "load_folder",
    image_dataset_from_directory = "load_folder", fetch_openml = "dataset",
    classification_report = "report", precision_score = "precision", recall_score = "recall",
    f1_score = "f1", ["f1-score"] = "f1", restore_best_weights = "restore_best",
    ["repeat"] = "repeat_interleave", split = "array_split",
  },
  options = {
    lr = "rate", learning_rate = "rate", learning_rate_init = "rate", batch_size = "batch",
    n_epochs = "epochs", max_iter = "iterations", n_iter = "iterations",
    n_iterations = "iterations", solver = "optimizer", hidden_layer_sizes = "hidden",
    units = "hidden", random_state = "seed", validation_data = "validation",
    nesterov = "optimizer", n_iter_no_change = "patience", verbose = "progress",
    early_stopping = "patience", EarlyStopping = "patience", test_size = "test",
    train_size = "train", validation_split = "validation", validation_fraction = "validation",
    class_names = "names", target_names = "names",
    lr_scheduler = "schedule", scheduler = "schedule", lr_schedule = "schedule",
    monitor = "metric", tol = "min_delta", threshold = "min_delta",
  },
  nested_options = { -- of a schedule
    gamma = "factor", step_size = "every", min_lr = "least", warmup_steps = "warmup",
    num_warmup_steps = "warmup",
  },
  schedules = {
    CosineAnnealingLR = "cosine", CosineDecay = "cosine", StepLR = "step",
    ExponentialDecay = "step", ReduceLROnPlateau = "plateau",
  },
}
