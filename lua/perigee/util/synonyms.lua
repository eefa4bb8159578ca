--- What NumPy, PyTorch, Keras and scikit-learn call it, and we.
return {
  arange = "range", concatenate = "concat", vstack = "concat", hstack = "concat", cat = "concat",
  matmul = "dot", mm = "dot", one_hot = "onehot", randperm = "permutation", amax = "max",
  amin = "min", train = "fit", accuracy_score = "accuracy", view = "reshape", ravel = "reshape",
  flatten = "reshape", savez = "save", manual_seed = "seed", default_rng = "random",
  tqdm = "progress", trange = "progress", permute = "transpose", confusion_matrix = "evaluate",
  clamp = "clip", imshow = "show", imsave = "save_png", imread = "load_png", RandomState = "random",
}
