// Starts Swagger UI on the element that names the OpenAPI document.
(() => {
  "use strict";
  const place = document.getElementById("explorer");
  window.SwaggerUIBundle({
    url: place.dataset.document,
    domNode: place,
    deepLinking: true,
    persistAuthorization: false,
    validatorUrl: null,
    presets: [window.SwaggerUIBundle.presets.apis],
  });
})();
