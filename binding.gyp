{
  # CMake builds the addon. This only hands node-gyp, and whatever calls it, over to cmake-js.
  "targets": [
    {
      "target_name": "denseam",
      "type": "none",
      "actions": [
        {
          "action_name": "cmake",
          "inputs": [],
          "outputs": ["<(PRODUCT_DIR)/denseam.node.always"],
          "action": ["npm", "run", "build:native"]
        }
      ]
    }
  ]
}
