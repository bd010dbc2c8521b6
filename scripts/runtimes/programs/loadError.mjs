// Prints what the error says where the binary cannot load.
try {
  await import('denseam');
} catch (error) {
  console.log(error.name, error.code, error.message);
}
