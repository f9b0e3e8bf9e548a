-- HEAD like GET: the services answer a GET, and what they send stays here.

function envoy_on_request(handle)
  handle:headers():replace(":method", "GET")
  handle:clearRouteCache()
  handle:streamInfo():dynamicMetadata():set("argus.edge", "head", true)
end

-- By then the route is that of a method, which names no script: this runs as the filter's default.
function envoy_on_response(handle)
  local metadata = handle:streamInfo():dynamicMetadata():get("argus.edge")
  if not (metadata and metadata.head) then
    return
  end
  for piece in handle:bodyChunks() do
    piece:setBytes("")
  end
end
