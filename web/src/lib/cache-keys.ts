/** How keys of cached answers begin that one page makes and another makes old. */
export const SEARCH_KEY = "search-images";
export const MAP_KEY = "map";
