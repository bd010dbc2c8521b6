// Prints what the error says where addons are disabled.
try {
  await import('denseam');
} catch (error) {
  console.log(error.name, error.code, /--allow-addons/.exec(error.message)?.[0]);
}
