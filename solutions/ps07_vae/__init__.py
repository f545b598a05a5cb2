"""Worked solutions of ps07_vae: bounds, a variational autoencoder of digits, and what its latents carry."""
