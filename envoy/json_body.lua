-- Reads the JSON body of a REST request before the transcoder does, which would drop fields that
-- it does not know, so that a mistyped filter finds everything, and which quotes the body's own
-- bytes when it cannot read them. The route says in `filterContext` which fields there are.

local BYTE_ORDER_MARK = "\239\187\191"
local MAX_DEPTH = 64
-- Longer strings are pictures in base64, which the transcoder decodes anyway.
local MAX_CHECKED_BYTES = 1048576

-- Values, escapes and characters beyond ASCII, each of which is looked at; the longest text of a
-- search, 1 MiB, has half as many. More would hold up all other requests as well.
local MAX_STEPS = 1048576

-- Nothing else runs while a body is read.
local steps
-- Where its next backslash is, so that each stretch of it is searched once.
local escape_at

-- A problem is thrown as a table, so that a mistake in this script is not taken for one.
local function problem(text, field)
  error({text = text, field = field or ""}, 0)
end

local function expected(what, at)
  problem("the body is not valid JSON: expected " .. what .. " at byte " .. at)
end

local function step()
  steps = steps + 1
  if steps > MAX_STEPS then
    problem("the body has more values and characters than any request needs")
  end
end

local function past_blanks(text, at)
  return text:find("[^ \t\r\n]", at) or #text + 1
end

local function is_utf8(text)
  local at = text:find("[\128-\255]")
  while at do
    step()
    local first, second = text:byte(at, at + 1)
    local length = first >= 240 and 4 or first >= 224 and 3 or 2
    -- Neither overlong nor a surrogate nor beyond U+10FFFF.
    if first < 194 or first > 244 or not text:find("^" .. ("[\128-\191]"):rep(length - 1), at + 1)
        or first == 224 and second < 160 or first == 237 and second > 159
        or first == 240 and second < 144 or first == 244 and second > 143 then
      return false
    end
    at = text:find("[\128-\255]", at + length)
  end
  return true
end

local function next_escape(text, from)
  if escape_at < from then
    escape_at = text:find("\\", from, true) or math.huge
  end
  return escape_at
end

-- Where the string that begins at `at` ends, checking its escapes.
local function string_end(text, at)
  local from = at + 1
  local stop
  while true do
    if not stop or stop < from then
      stop = text:find('"', from, true)
    end
    if not stop then
      problem("the body is not valid JSON: the string at byte " .. at .. " never ends")
    end
    local escape = next_escape(text, from)
    if escape > stop then
      return stop
    end
    step()
    local unit = tonumber(text:match("^u(%x%x%x%x)", escape + 1) or "", 16)
    if unit and unit >= 0xD800 and unit <= 0xDBFF
        and text:find("^\\u[dD][c-fC-F]%x%x", escape + 6) then
      from = escape + 12
    elseif unit and (unit < 0xD800 or unit > 0xDFFF) then
      from = escape + 6
    elseif text:find('^["\\/bfnrt]', escape + 1) then
      from = escape + 2
    else
      expected("an escape that stands for a character", escape)
    end
  end
end

local function read_string(text, at)
  local stop = string_end(text, at)
  local inside = text:sub(at + 1, stop - 1)
  if #inside <= MAX_CHECKED_BYTES then
    if not is_utf8(inside) then
      problem("the body is not valid JSON: the string at byte " .. at .. " is not UTF-8")
    elseif inside:find("[%z\1-\31]") then
      expected("control characters to be escaped in the string", at)
    end
  end
  return inside, stop + 1
end

-- A field's name may be written with escapes as well; names are ASCII.
local function unescaped(name)
  return (name:gsub("\\u00(%x%x)", function(code) return string.char(tonumber(code, 16)) end))
end

local function no_such_field(path, fields)
  local names = {}
  for name in pairs(fields) do
    -- Fields have two names, `pageToken` and `page_token`.
    if not name:find("_", 1, true) then
      names[#names + 1] = name
    end
  end
  table.sort(names)
  local known = #names > 0 and "there are " .. table.concat(names, ", ") or "there are none"
  problem("there is no field " .. path .. "; " .. known, path)
end

local read_value

local function read_object(text, at, fields, path, depth)
  at = past_blanks(text, at + 1)
  if text:sub(at, at) == "}" then
    return at + 1
  end
  while true do
    if text:sub(at, at) ~= '"' then
      expected("a field's name in double quotes", at)
    end
    local name
    name, at = read_string(text, at)
    name = unescaped(name)
    local inner = path == "" and name or path .. "." .. name
    if fields and fields[name] == nil then
      no_such_field(inner:sub(1, 100), fields)
    end
    at = past_blanks(text, at)
    if text:sub(at, at) ~= ":" then
      expected("`:`", at)
    end
    local nested = fields and fields[name]
    at = read_value(text, past_blanks(text, at + 1), type(nested) == "table" and nested or nil,
      inner, depth)
    at = past_blanks(text, at)
    local mark = text:sub(at, at)
    if mark == "}" then
      return at + 1
    elseif mark ~= "," then
      expected("`,` or `}`", at)
    end
    at = past_blanks(text, at + 1)
  end
end

local function read_array(text, at, fields, path, depth)
  at = past_blanks(text, at + 1)
  if text:sub(at, at) == "]" then
    return at + 1
  end
  while true do
    at = past_blanks(text, read_value(text, at, fields, path, depth))
    local mark = text:sub(at, at)
    if mark == "]" then
      return at + 1
    elseif mark ~= "," then
      expected("`,` or `]`", at)
    end
    at = past_blanks(text, at + 1)
  end
end

-- Reads the value at `at`; returns where what follows it begins. `fields` are those of the message
-- that an object, or each of an array's, stands for; nil if anything may be in it.
function read_value(text, at, fields, path, depth)
  if depth > MAX_DEPTH then
    problem("the body nests deeper than " .. MAX_DEPTH .. " levels")
  end
  step()
  local mark = text:sub(at, at)
  if mark == "{" then
    return read_object(text, at, fields, path, depth + 1)
  elseif mark == "[" then
    return read_array(text, at, fields, path, depth + 1)
  elseif mark == '"' then
    local _, stop = read_string(text, at)
    return stop
  end
  local word = text:match("^[%w+.-]+", at)
  if not word or not (word == "true" or word == "false" or word == "null"
      or word:find("^%-?%d+%.?%d*$") or word:find("^%-?%d+%.?%d*[eE][+-]?%d+$")) then
    expected("a value", at)
  end
  return at + #word
end

local function read_body(text, fields)
  steps = 0
  escape_at = 0
  local at = past_blanks(text, 1)
  if text:sub(at, at) ~= "{" then
    problem("the body must be a JSON object")
  end
  at = past_blanks(text, read_value(text, at, fields, "", 0))
  if at <= #text then
    expected("nothing more", at)
  end
end

function envoy_on_request(handle)
  local encoding = handle:headers():get("content-encoding")
  if encoding and encoding:lower() ~= "identity" then
    handle:respond({[":status"] = "415", ["accept-encoding"] = "identity"},
      "Send the body as it is: compressed ones are not read.")
    return
  end
  local body = handle:body()
  if not body then
    return
  end
  local text = body:getBytes(0, body:length())
  if text:sub(1, 3) == BYTE_ORDER_MARK then
    text = text:sub(4)
    body:setBytes(text)
  end
  if past_blanks(text, 1) > #text then
    return
  end
  local fine, thrown = pcall(read_body, text, handle:filterContext():get("fields"))
  if fine then
    return
  elseif type(thrown) ~= "table" then
    -- A mistake in here is nobody else's: the transcoder reads the body as well.
    handle:logErr(tostring(thrown))
    return
  end
  handle:streamInfo():dynamicMetadata():set("argus.edge", "field", thrown.field)
  handle:respond({[":status"] = "400"}, thrown.text)
end
