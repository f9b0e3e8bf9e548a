-- HEAD like GET: the services answer a GET, and what they send stays here. For every answer of bytes
-- it says that the client has them already, if the service does.

function envoy_on_request(handle)
  handle:headers():replace(":method", "GET")
  handle:clearRouteCache()
  handle:streamInfo():dynamicMetadata():set("argus.edge", "head", true)
end

-- By then the route is that of a method, which names no script: this runs as the filter's default.
function envoy_on_response(handle)
  -- A service cannot say by a gRPC status that the client has the bytes already.
  local headers = handle:headers()
  if headers:get("x-argus-not-modified") then
    headers:remove("x-argus-not-modified")
    headers:remove("content-type")
    headers:remove("content-length")
    headers:replace(":status", "304")
  end
  -- Nor that these are some of the bytes.
  if headers:get("x-argus-partial") then
    headers:remove("x-argus-partial")
    headers:replace(":status", "206")
  end
  local metadata = handle:streamInfo():dynamicMetadata():get("argus.edge")
  if not (metadata and metadata.head) then
    return
  end
  for piece in handle:bodyChunks() do
    piece:setBytes("")
  end
end
